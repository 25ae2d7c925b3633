// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC721} from "@openzeppelin/contracts/interfaces/IERC721.sol";
import {INumberMarket} from "./interfaces/INumberMarket.sol";
import {INumberRegistry} from "./interfaces/INumberRegistry.sol";

/// @title Numbers for sale at a fixed price
/// @notice See INumberMarket.
contract NumberMarket is INumberMarket {
    /// @dev In one slot. Dead once the registry's consent for the number is another, which every change of hands makes.
    struct Listing {
        uint128 price;
        uint64 consent;
    }

    /// @notice The registry whose numbers are sold.
    /// @return The registry.
    INumberRegistry public immutable registry;
    /// @inheritdoc INumberMarket
    mapping(address account => uint256) public owed;

    mapping(uint256 number => Listing) private _listings;

    /// @param registry_ The registry whose numbers are sold.
    constructor(INumberRegistry registry_) {
        registry = registry_;
    }

    /// @inheritdoc INumberMarket
    function list(uint256 number, uint256 price) external {
        // The session counter is not asked for.
        // slither-disable-next-line unused-return
        (address owner, uint64 epoch,) = registry.custodyOf(number);
        if (msg.sender != owner) revert NotOwner(number, msg.sender, owner);
        if (price == 0 || price > type(uint128).max) revert PriceOutOfRange(price);
        if (!_approved(number, owner)) revert MarketNotApproved(number);
        _listings[number] = Listing(uint128(price), registry.consentOf(number));
        emit Listed(number, epoch, price, owner);
    }

    /// @inheritdoc INumberMarket
    function cancel(uint256 number) external {
        // Epoch and session counter are not asked for.
        // slither-disable-next-line unused-return
        (address owner,,) = registry.custodyOf(number);
        if (msg.sender != owner) revert NotOwner(number, msg.sender, owner);
        if (_listings[number].price == 0) revert NotListed(number);
        delete _listings[number];
        emit Cancelled(number);
    }

    /// @inheritdoc INumberMarket
    function buy(uint256 number, uint256 price, bytes32 fingerprint) external payable {
        (uint256 asked, bool live) = listing(number);
        if (!live) revert NotListed(number);
        if (asked != price) revert PriceDiffers(number, asked, price);
        if (msg.value != price) revert WrongPayment(price, msg.value);
        bytes32 actual = registry.getStateFingerprint(number);
        if (actual != fingerprint) revert FingerprintDiffers(number, actual, fingerprint);
        // Epoch and session counter are not asked for.
        // slither-disable-next-line unused-return
        (address seller,,) = registry.custodyOf(number);
        if (msg.sender == seller) revert BuyerIsOwner(number, seller);

        delete _listings[number];
        owed[seller] += price;
        emit Bought(number, seller, msg.sender, price);
        // The seller approved the market, listed the number in person and is credited the price.
        // slither-disable-next-line arbitrary-send-erc20
        IERC721(address(registry)).transferFrom(seller, msg.sender, number);
    }

    /// @inheritdoc INumberMarket
    function withdraw() external {
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        owed[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        // A call, because the seller may be a contract that needs more than 2,300 gas. All is written already.
        // slither-disable-next-line low-level-calls
        (bool ok,) = msg.sender.call{value: amount}("");
        if (!ok) revert PaymentFailed(msg.sender, amount);
    }

    /// @inheritdoc INumberMarket
    function listing(uint256 number) public view returns (uint256 price, bool live) {
        Listing memory l = _listings[number];
        if (l.price == 0) return (0, false);
        return (l.price, l.consent == registry.consentOf(number));
    }

    function _approved(uint256 number, address owner) private view returns (bool) {
        IERC721 numbers = IERC721(address(registry));
        return numbers.getApproved(number) == address(this) || numbers.isApprovedForAll(owner, address(this));
    }
}
