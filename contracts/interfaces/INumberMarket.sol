// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Numbers for sale at a fixed price
/// @notice Without escrow: the seller keeps the number until it is bought. A listing dies for good when the number
///         changes hands (moves too), or the market's approval is touched. No fee is taken.
interface INumberMarket {
    /// @notice Only the owner of `number` may do this. `owner` is zero when nobody holds the number.
    error NotOwner(uint256 number, address caller, address owner);

    /// @notice The owner has not approved the market for `number` in the registry: do that first.
    error MarketNotApproved(uint256 number);

    /// @notice A price is 1 wei to 2^128 - 1.
    error PriceOutOfRange(uint256 price);

    /// @notice `number` is not for sale.
    error NotListed(uint256 number);

    /// @notice The number costs `price`; the buyer named `named`.
    error PriceDiffers(uint256 number, uint256 price, uint256 named);

    /// @notice Exactly `price` is to be paid.
    error WrongPayment(uint256 price, uint256 paid);

    /// @notice Something that the buyer saw of the number changed: look again. See ERC-5646.
    error FingerprintDiffers(uint256 number, bytes32 actual, bytes32 named);

    /// @notice The owner has the number already.
    error BuyerIsOwner(uint256 number, address owner);

    /// @notice Nothing is owed to `account`.
    error NothingOwed(address account);

    /// @notice `account` took not what is owed to it.
    error PaymentFailed(address account, uint256 amount);

    /// @notice `number` is for sale at `price` wei.
    event Listed(uint256 indexed number, uint64 epoch, uint256 price, address indexed seller);

    /// @notice `number` is for sale no longer.
    event Cancelled(uint256 indexed number);

    /// @notice `number` was sold; `price` wei are owed to the seller.
    event Bought(uint256 indexed number, address indexed seller, address indexed buyer, uint256 price);

    /// @notice `account` took what was owed to it.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Offers `number`, or changes its price. The owner's call, after he approved the market.
    function list(uint256 number, uint256 price) external;

    /// @notice Takes the offer back. The owner's call.
    function cancel(uint256 number) external;

    /// @notice Buys `number` for the price and in the state that the buyer saw.
    /// @param fingerprint of NumberRegistry.getStateFingerprint, while the number was listed
    function buy(uint256 number, uint256 price, bytes32 fingerprint) external payable;

    /// @notice Takes what is owed to the caller.
    function withdraw() external;

    /// @notice The price, and whether the number can be bought at it now. Zero when it is not listed.
    function listing(uint256 number) external view returns (uint256 price, bool live);

    /// @notice What is owed to `account`, in wei.
    function owed(address account) external view returns (uint256);
}
