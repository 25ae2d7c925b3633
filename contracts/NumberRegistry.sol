// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC721} from "@openzeppelin/contracts/interfaces/IERC721.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IERC5646} from "./interfaces/IERC5646.sol";
import {INameAlias} from "./interfaces/INameAlias.sol";
import {INumberMarket} from "./interfaces/INumberMarket.sol";
import {INumberRecords} from "./interfaces/INumberRecords.sol";
import {INumberRegistry} from "./interfaces/INumberRegistry.sol";
import {Digits} from "./lib/Digits.sol";
import {NumberCard} from "./lib/NumberCard.sol";
import {OwnerSigned} from "./lib/OwnerSigned.sol";

/// @title Who holds which number
/// @notice See INumberRegistry.
/// @dev Owner, epoch and counters share one slot, so a transfer writes the epoch at no cost and those who check an
///      owner read it in one. Therefore owners and balances are kept here and not in the base's private mappings, which
///      stay empty; approvals and all checks are the base's.
contract NumberRegistry is ERC721, EIP712, OwnerSigned, INumberRegistry {
    struct Custody {
        address owner;
        uint32 epoch;
        uint32 session;
        /// counts changes of owner, moves too, and approvals; see consentOf
        uint32 tenure;
    }

    bytes4 private constant ERC4906_ID = 0x49064906;
    bytes32 private constant MOVE_TYPEHASH =
        keccak256("Move(uint256 number,address from,address to,uint64 epoch,uint256 nonce,uint256 deadline)");
    bytes32 private constant REVOKE_TYPEHASH =
        keccak256("RevokeSessions(uint256 number,uint64 epoch,uint64 session,uint256 nonce,uint256 deadline)");

    /// @inheritdoc INumberRegistry
    address public immutable linker;
    /// @inheritdoc INumberRegistry
    address public registrar;
    /// @inheritdoc INumberRegistry
    address public nameAlias;
    /// @inheritdoc INumberRegistry
    address public records;
    /// @inheritdoc INumberRegistry
    address public market;

    mapping(uint256 number => Custody) private _custody;
    mapping(address owner => uint256) private _held;
    mapping(address owner => uint32) private _marketApprovals;

    /// @param linker_ The account that may link, once.
    constructor(address linker_) ERC721("telsdk Number", "TEL") EIP712("telsdk", "1") {
        // A registry that nobody can link is useless at once, and shows it: nothing is minted.
        // slither-disable-next-line missing-zero-check
        linker = linker_;
    }

    /// @inheritdoc INumberRegistry
    function link(address registrar_, address nameAlias_, address records_, address market_) external {
        if (msg.sender != linker) revert NotLinker(msg.sender, linker);
        if (registrar != address(0)) revert AlreadyLinked();
        if (
            registrar_ == address(0) || nameAlias_ == address(0) || records_ == address(0) || market_ == address(0)
        ) revert ZeroLink();
        registrar = registrar_;
        nameAlias = nameAlias_;
        records = records_;
        market = market_;
        emit Linked(registrar_, nameAlias_, records_, market_);
    }

    /// @inheritdoc INumberRegistry
    function mint(address to, uint256 number) external {
        if (msg.sender != registrar) revert NotRegistrar(msg.sender, registrar);
        if (!Digits.isNumber(number)) revert NotANumber(number);
        _mint(to, number);
    }

    /// @inheritdoc INumberRegistry
    function refreshMetadata(uint256 number) external {
        if (msg.sender != nameAlias) revert NotNameAlias(msg.sender, nameAlias);
        emit MetadataUpdate(number);
    }

    /// @inheritdoc INumberRegistry
    function revokeSessions(uint256 number) external {
        _requireOwner(number, msg.sender);
        _revokeSessions(number);
    }

    /// @inheritdoc INumberRegistry
    function revokeSessionsFor(uint256 number, uint256 deadline, bytes calldata signature) external {
        Custody memory custody = _custody[number];
        bytes32 structHash = keccak256(
            abi.encode(
                REVOKE_TYPEHASH, number, custody.epoch, custody.session, _useNonce(custody.owner), deadline
            )
        );
        _requireSigned(custody.owner, structHash, deadline, signature);
        _revokeSessions(number);
    }

    /// @inheritdoc INumberRegistry
    function moveTo(uint256 number, address to, uint256 deadline, bytes calldata signature) external {
        _requireOwner(number, msg.sender);
        if (to == msg.sender) revert AlreadyHolds(number, to);
        bytes32 structHash = keccak256(
            abi.encode(MOVE_TYPEHASH, number, msg.sender, to, _custody[number].epoch, _useNonce(to), deadline)
        );
        _requireSigned(to, structHash, deadline, signature);
        _handOver(to, number, msg.sender, 0);
        emit Moved(number, msg.sender, to);
    }

    /// @notice Lets an account transfer the number, as in ERC-721, and ends the number's listing in the market.
    /// @param to The account; zero takes the approval back.
    /// @param number The number.
    function approve(address to, uint256 number) public override(ERC721, IERC721) {
        super.approve(to, number);
        ++_custody[number].tenure;
    }

    /// @notice Lets an account transfer all numbers of the caller, as in ERC-721, or takes that back. For the market as
    ///         `operator` it ends the listings of all these numbers.
    /// @param operator The account.
    /// @param approved Whether it may.
    function setApprovalForAll(address operator, bool approved) public override(ERC721, IERC721) {
        super.setApprovalForAll(operator, approved);
        if (operator == market) ++_marketApprovals[msg.sender];
    }

    /// @inheritdoc INumberRegistry
    function epochOf(uint256 number) external view returns (uint64) {
        return _custody[number].epoch;
    }

    /// @inheritdoc INumberRegistry
    function sessionOf(uint256 number) external view returns (uint64) {
        return _custody[number].session;
    }

    /// @inheritdoc INumberRegistry
    function custodyOf(uint256 number) external view returns (address owner, uint64 epoch, uint64 session) {
        Custody storage custody = _custody[number];
        return (custody.owner, custody.epoch, custody.session);
    }

    /// @inheritdoc INumberRegistry
    function consentOf(uint256 number) external view returns (uint64) {
        Custody storage custody = _custody[number];
        return (uint64(custody.tenure) << 32) | _marketApprovals[custody.owner];
    }

    /// @inheritdoc IERC5646
    function getStateFingerprint(uint256 number) external view returns (bytes32) {
        address owner = _requireOwned(number);
        // In which block something was told matters to nobody who buys.
        // slither-disable-next-line unused-return
        (
            bytes32 credential,
            uint8 kdf,
            bytes20 kdfParametersHash,
            uint32 hub,
            bytes32 backup,
            bytes32 messageKey,
            bool answersVerified,
        ) = INumberRecords(records).recordsOf(number);
        (uint256 price, bool live) = INumberMarket(market).listing(number);
        Custody storage custody = _custody[number];
        return keccak256(
            abi.encode(
                number,
                owner,
                custody.epoch,
                custody.session,
                keccak256(abi.encode(credential, kdf, kdfParametersHash, hub, backup, messageKey, answersVerified)),
                keccak256(bytes(INameAlias(nameAlias).nameOf(number))),
                price,
                live
            )
        );
    }

    /// @notice Gives the number's metadata: JSON with an SVG card, as a data URI, so that no server is behind it.
    /// @param number The number. Reverts with ERC721NonexistentToken when nobody holds it.
    /// @return The data URI.
    function tokenURI(uint256 number) public view override returns (string memory) {
        _requireOwned(number);
        return NumberCard.uri(number, INameAlias(nameAlias).nameOf(number), _custody[number].epoch);
    }

    /// @notice Says how many numbers an account holds.
    /// @param owner The account. Reverts with ERC721InvalidOwner when it is zero.
    /// @return The count.
    function balanceOf(address owner) public view override(ERC721, IERC721) returns (uint256) {
        if (owner == address(0)) revert ERC721InvalidOwner(address(0));
        return _held[owner];
    }

    /// @inheritdoc INumberRegistry
    // The name that ERC-2612 gave it, by which tools know it.
    // slither-disable-next-line naming-convention
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @notice Says whether the contract has an interface (ERC-165).
    /// @param interfaceId The interface: ERC-165, ERC-721 with its metadata, ERC-4906 and ERC-5646 are there.
    /// @return Whether it has.
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == ERC4906_ID || interfaceId == type(IERC5646).interfaceId
            || super.supportsInterface(interfaceId);
    }

    /// @dev Every path of ERC-721 by which a number is minted or changes hands comes through here.
    function _update(address to, uint256 number, address auth) internal override returns (address from) {
        uint32 epoch;
        (from, epoch) = _handOver(to, number, auth, 1);
        emit EpochAdvanced(number, epoch);
        if (from != address(0)) emit MetadataUpdate(number);
    }

    function _ownerOf(uint256 number) internal view override returns (address) {
        return _custody[number].owner;
    }

    function _domainSeparator() internal view override returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @dev Changes the owner and advances the epoch by `epochs`: `auth` is checked unless zero, approvals end.
    function _handOver(address to, uint256 number, address auth, uint32 epochs)
        private
        returns (address from, uint32 epoch)
    {
        Custody storage custody = _custody[number];
        from = custody.owner;
        if (auth != address(0)) _checkAuthorized(from, auth, number);
        if (from != address(0)) {
            _approve(address(0), number, address(0), false);
            --_held[from];
        }
        ++_held[to];
        epoch = custody.epoch + epochs;
        custody.owner = to;
        custody.epoch = epoch;
        ++custody.tenure;
        emit Transfer(from, to, number);
    }

    function _revokeSessions(uint256 number) private {
        emit SessionsRevoked(number, ++_custody[number].session);
    }

    function _requireOwner(uint256 number, address caller) private view {
        address owner = _custody[number].owner;
        if (caller != owner) revert NotOwner(number, caller, owner);
    }
}
